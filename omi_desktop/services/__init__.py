"""What a person can do, one module per noun. The window calls these; they speak to the store, never to the network."""
