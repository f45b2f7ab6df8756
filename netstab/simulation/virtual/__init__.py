"""The product's own fleet in virtual time: real decisions, events and physics; no thread, socket or clock.

`controller` is the control loop, `plant` the miners that it commands: simulated devices under real machines.
`closed_loop` brings the two together.
"""
