"""Plans, executors, ledger, results, reports."""
