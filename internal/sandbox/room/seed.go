package room

import (
	"context"
	"math/rand/v2"
	"strconv"

	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// SettingIntake names the setting that holds the processing state which archives are
// made to end in, or to pass through.
const SettingIntake = "intake"

// SettingOutcomeSeed names the setting that holds the seed of departments'
// decisions when somebody chose one (training.Faults.OutcomeSeed).
const SettingOutcomeSeed = "outcome_seed"

// SettingPaidLag names the setting with the seconds of the calendar that pass
// between a payment and the paid flag of its charge (training.Faults.PaidLagSeconds).
const SettingPaidLag = "charges.paid_lag_seconds"

// SettingBankWays names the setting with the ways in which the bank deviates from
// DirectBank, separated by spaces (training.Faults.BankWays).
const SettingBankWays = "directbank.ways"

// OutcomeSeed returns the seed of departments' decisions: the chosen one, else
// the portal's.
func (d Deps) OutcomeSeed(ctx context.Context, q store.Queryer) (uint64, error) {
	v, err := store.Setting(ctx, q, SettingOutcomeSeed)
	if err != nil || v == "" {
		return d.Seed, err
	}
	return strconv.ParseUint(v, 10, 64)
}

// Draw returns a source of chance that depends only on the seed, a word for
// what is being drawn and a number (of the order, of the charge), so the same
// portal decides the same thing in the same way whenever it is asked.
func Draw(seed uint64, what string, n uint64) *rand.Rand {
	h := uint64(14695981039346656037) // FNV-1a
	for _, b := range []byte(what) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return rand.New(rand.NewPCG(seed^h, n)) //nolint:gosec // chance of a training portal, not a secret
}
