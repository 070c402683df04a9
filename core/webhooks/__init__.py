"""Webhooks: what happens here, told to other systems by the rules of Standard Webhooks. See docs/webhooks.md.

outbox       a message beside the fact, in its transaction
endpoints    receivers: made, changed, paused, tried; a message sent again
delivering   what is due goes out; failures are tried again, later each time
sending      one POST to the address that was checked
targets      which addresses may be told at all
signing      the signature
"""
