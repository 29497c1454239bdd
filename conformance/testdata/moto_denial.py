"""Lets moto's tests of what is denied run where denial is always on.

moto allows everything until a test asks it to decide, from a count of calls on. The
calls before that make users and policies, with the credentials of the environment,
which are the root user's here.
"""

import moto.core

moto.core.set_initial_no_auth_action_count = lambda count: lambda test: test
