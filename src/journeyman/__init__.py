"""Journeyman: an autonomous software engineer for a team's repositories.

The house, from the entrances down (imports point downwards only):

    cli, worker            entrances: a person or a machine comes in
    wiring, lookup         the only places that name concrete classes; lookup opens the code index alone
    config                 the only reader of the environment and of settings files
    intake | steps         what people may ask | what a flow may do
    agents | record        who thinks: loop, planner, coder, tester, reviewer | recorded runs and their replay
    tools                  what the coder may call
    engines | repair | gates
                           what makes flows durable | mending without a model | judging without a model
    flows | llm | sandbox | git | forge | codebase | store | notify
                           what happens, in order | the outside worlds and the code index, each behind a door
    domain                 frozen types and errors; no I/O

Importing anything here has no effect.
"""

__version__ = "0.1.0"
