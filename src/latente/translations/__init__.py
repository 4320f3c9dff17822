"""Names of claims.yaml, of params.yaml and of the results in other languages, for the report and for the explorer."""
