"""From ledger to report: settings and lines in, frozen results, files and a page out."""
