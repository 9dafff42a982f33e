//! An aggregation taken apart into what a partition gives, how that is merged, and what is made of it in the end.
