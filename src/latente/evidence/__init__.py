"""From numbers to claims: estimates with intervals, expressions over metrics, rules and verdicts."""
