"""The sync engine: HTTP, keyring, the loop that drains the queue. Knows the store and the contract, and no Qt."""
