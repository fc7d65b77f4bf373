"""Rules that use a teacher: what a learner does with the table that it was handed.

All rules stand under one contract, which `contract.guided_steps` keeps by what it tells them.

- Before the first step a rule is handed the teacher's table, as it was averaged: no row of it was
  touched for the new task. A rule that remembers the map of the base tasks is handed that, too.
- From step to step it is told the state, whether the episode begins here, the state to which its
  action led, and whether that ended the episode. Nothing else.
- So it never knows the goal before it has stood there. Two tasks that differ in their goals alone
  are one and the same to it until one of the goals is reached.
- What follows the end is worth nothing: an action that ended an episode is worth −1.
- The three clocks judge one table, which the rule changes in place. It does not see the judgement.

A rule that makes learning slower than *the same rule without a teacher* has been hurt by its
teacher, so each rule names its control (`contract.Rule`).
"""
