package register

import (
	"errors"

	"github.com/epgu-cli/epgu/internal/money"
)

// errNotPositive refuses an amount of zero or below: a row pays something.
var errNotPositive = errors.New("an amount of zero or below")

// amountLimit is the greatest amount of one row, in kopecks: a hundred
// billion rubles. More than that is a slip, and sums of millions of rows
// still fit into 64 bits.
const amountLimit = 100_000_000_000_00

// payable keeps an amount that a row may pay.
func payable(kopecks int64, err error) (int64, error) {
	switch {
	case err != nil:
		return 0, err
	case kopecks > amountLimit:
		return 0, money.ErrTooLarge
	case kopecks <= 0:
		return 0, errNotPositive
	}
	return kopecks, nil
}
