"""The contract with OMI online: messages, limits and problem codes, used by both ends."""
