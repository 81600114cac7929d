# What kubectl quickdeploy itself says and asks.
