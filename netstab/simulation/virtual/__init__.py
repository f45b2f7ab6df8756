"""The product's own fleet in virtual time: real decisions, real events, and no thread, socket or clock."""
