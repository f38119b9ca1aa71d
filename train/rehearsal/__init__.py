"""`--dry-run`: all that can be known before anything is changed."""
