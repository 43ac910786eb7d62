-- purpose: rows that name others which could not be copied
DELETE FROM {child} c WHERE {given} AND NOT EXISTS (SELECT FROM {parent} p WHERE {match})
