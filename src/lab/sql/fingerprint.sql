-- purpose: two numbers that differ where the contents of the shop's tables differ; gives one text
SELECT (SELECT count(*) || ':' || coalesce(sum(hashtextextended(u::text, 0)::numeric), 0)
        FROM public.users AS u) || '/' ||
       (SELECT count(*) || ':' || coalesce(sum(hashtextextended(s::text, 0)::numeric), 0)
        FROM lab.users_shadow AS s)
