"""What the tests of this folder share: servers, a person, a proxy that watches, the programs."""
