"""What the tests share: a scratch home, a scripted server, a scripted browser, keys, waiting."""
