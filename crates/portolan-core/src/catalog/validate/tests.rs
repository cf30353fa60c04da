//! What a catalog is refused for, fault by fault.


