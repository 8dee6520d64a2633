"""The grader, and the tool that makes a release. Nothing in here reaches students."""
