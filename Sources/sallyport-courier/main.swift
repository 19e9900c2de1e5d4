import Courier
import Glibc

exit(Courier.main())
