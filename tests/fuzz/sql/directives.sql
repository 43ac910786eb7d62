-- pgrollout: ignore
-- pgrollout: ignore L07
-- pgrollout: ignore ,,,, x
-- pgrollout: phase nowhere
-- pgrollout: ignore ééééééééééééééééééééééé x
SELECT 1;