/**
 * What `lakeEvents` reads for a training, for whoever makes its set again by other means; `$files` are
 * those of the enriched events.
 */
export const LAKE_QUERY = `SELECT any_value(json)::VARCHAR AS text
       FROM read_ndjson_objects($files)
       WHERE json ->> '$.received_at' < $before
       GROUP BY json ->> '$.order_key'
       ORDER BY json ->> '$.order_key'`;
