package clock

import "time"

// Moscow is the zone of the portal's days: terms, discounts, plans and payment
// orders. Moscow has kept UTC+3 since 26.10.2014 (Federal Law 248-FZ of
// 21.07.2014), so no database of zones is needed.
func Moscow() *time.Location { return time.FixedZone("MSK", 3*60*60) }
