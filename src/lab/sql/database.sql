-- purpose: the shop's database (alone in its message: it cannot run in a transaction)
CREATE DATABASE shop OWNER shop_owner;
