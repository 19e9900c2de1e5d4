import Courier
import Glibc

// Not exit: a thread that still waits for a server must not meet a library that is cleaning up.
_exit(Courier.main())
