-- purpose: PUBLIC may call nothing, also of what an upgrade has brought (default privileges of a schema
-- cannot take away what the server grants by default)
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pgrollout FROM PUBLIC
