package sandbox

import (
	"context"
	"database/sql"

	"github.com/epgu-cli/epgu/internal/sandbox/appointments"
	"github.com/epgu-cli/epgu/internal/sandbox/bank"
	"github.com/epgu-cli/epgu/internal/sandbox/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/certificates"
	"github.com/epgu-cli/epgu/internal/sandbox/charges"
	"github.com/epgu-cli/epgu/internal/sandbox/departments"
	"github.com/epgu-cli/epgu/internal/sandbox/directbank"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/gusmev"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
)

// serviceRooms lists the rooms of the portal's business: catalogue, orders,
// departments, charges, bank, receipts, API ЕПГУ, certificates
// and the cabinet.
func serviceRooms() []room.Room {
	return []room.Room{
		bank.Room(),
		directbank.Room(),
		charges.Room(func(deps room.Deps) []charges.PaidFunc {
			// A paid duty moves its application on.
			return []charges.PaidFunc{departments.New(deps).DutyPaid}
		}),
		gusmev.Room(),
		certificates.Room(),
		departments.Room(),
		appointments.Room(),
		cabinet.Room(markerCertificate),
	}
}

// markerCertificate tells clients whose signature to expect under markers: the
// newest first, then those whose markers have not expired yet.
func markerCertificate(ctx context.Context, tx *sql.Tx) (string, error) {
	esia, err := grant.Describe(ctx, tx, Issuer)
	return esia.CertificatePEM, err
}
