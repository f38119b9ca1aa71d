"""From the network's tables to a published release."""
