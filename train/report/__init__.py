"""What a run says of the release that it made: in Markdown, and as a page inside the release."""
