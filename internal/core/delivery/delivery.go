// Package delivery says what a failed call means for the thing it was to do:
// did it not happen, was it denied, or may it have happened. Payments and
// applications decide by it whether anything may be sent again. Only packages
// under core import it.
package delivery

import (
	"github.com/epgu-cli/epgu/internal/portal/transport"
)

// Fate is what a failed call means for what was sent.
type Fate int

// The fates.
const (
	Lost    Fate = iota // it may have happened: nobody knows
	NotDone             // nothing left, or the portal put the request off unread
	Denied              // the portal read it and said no
)

// Of returns the fate of the request that failed with err. Whatever is not
// certain is Lost.
func Of(err error) Fate {
	e := transport.AsError(err)
	switch {
	case e == nil:
		// Not a failure of the wire: the client ended the call before it left.
		return NotDone
	case e.MayHaveHappened():
		return Lost
	case e.Denied():
		return Denied
	}
	return NotDone
}
