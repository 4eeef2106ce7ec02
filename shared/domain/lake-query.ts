/** What a training reads of the lake; `$files` are those of the enriched events. */
export const LAKE_QUERY = `SELECT any_value(json)::VARCHAR AS text
       FROM read_ndjson_objects($files)
       WHERE json ->> '$.received_at' < $before
       GROUP BY json ->> '$.order_key'
       ORDER BY json ->> '$.order_key'`;
