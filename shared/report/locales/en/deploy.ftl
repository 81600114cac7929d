# What a deployment plan says: wishes that cannot be, what will happen, what happened.
