package applications

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/transport"
)

// Canceller withdraws orders; portal/gusmev.Client does.
type Canceller interface {
	Cancel(ctx context.Context, id int64, reason string) error
	Order(ctx context.Context, id int64, history bool) (*gusmev.OrderInfo, error)
}

// Statuses of an order that is being withdrawn, or is (protocol.md, 2.6).
const (
	statusWithdrawing = 9
	statusWithdrawn   = 10
)

// maxReason bounds the reason of a withdrawal, characters.
const maxReason = 500

// CheckReason says what is wrong with the reason of a withdrawal: the portal
// withdraws nothing without one.
func CheckReason(reason string) error {
	switch n := utf8.RuneCountInString(strings.TrimSpace(reason)); {
	case n == 0:
		return fault.New(exitcode.Usage, "application.no_reason", i18n.Say("без причины портал заявление не отзывает", "the portal withdraws nothing without a reason")).
			Advise(i18n.Say("добавьте: --reason \"почему\"", "add: --reason \"why\""))
	case n > maxReason:
		return fault.New(exitcode.Usage, "application.long_reason", i18n.Text{RU: "причина слишком длинна: знаков %d, можно не больше %d",
			EN: "the reason is too long: %d characters, at most %d are allowed"}.With(n, maxReason))
	}
	return nil
}

// CheckWithdrawal refuses the withdrawal of an application that its portal does not let
// go now, before anybody is asked about it. One that is being withdrawn already passes.
func CheckWithdrawal(ctx context.Context, portal Canceller, id int64) error {
	info, err := portal.Order(ctx, id, false)
	if err != nil {
		return err
	}
	if o := info.Order; o == nil || o.OrderStatusID == statusWithdrawing || o.OrderStatusID == statusWithdrawn || cancelAllowed(info) {
		return nil
	}
	return gusmev.CancelNotAllowed()
}

// Withdraw asks the portal to withdraw an application. The answers to that have no
// body, so anything on the way could have given one: the order itself is asked what
// became of it. Nil means that it is withdrawn or being withdrawn.
func Withdraw(ctx context.Context, portal Canceller, id int64, reason string) error {
	if err := CheckReason(reason); err != nil {
		return err
	}
	said := portal.Cancel(ctx, id, reason)
	if te := transport.AsError(said); te != nil && !te.MayHaveHappened() && !te.Denied() || errors.Is(said, context.Canceled) {
		return said // it never left, or was put off unread
	}
	info, err := portal.Order(ctx, id, false)
	switch {
	case gusmev.NotFound(err):
		return err
	case err != nil:
		return withdrawalUnknown(id, errors.Join(said, err))
	case info.Order == nil:
		return withdrawalUnknown(id, said)
	}
	switch status := info.Order.OrderStatusID; {
	case status == statusWithdrawing || status == statusWithdrawn:
		return nil
	case refusedInWords(said):
		return said
	case !cancelAllowed(info):
		return gusmev.CancelNotAllowed().Because(said)
	case said == nil:
		return withdrawalUnknown(id, nil)
	}
	return fault.New(exitcode.Unavailable, "application.not_withdrawn", i18n.Text{
		RU: "отзыв не дошёл до портала: заявление № %d не отзывается", EN: "the withdrawal did not reach the portal: application no. %d is not being withdrawn"}.With(id)).
		Because(said).Advise(i18n.Say("повторите ту же команду: отозвать дважды нельзя", "repeat the same command: nothing is withdrawn twice"))
}

func refusedInWords(err error) bool {
	te := transport.AsError(err)
	return te != nil && te.Denied()
}

func cancelAllowed(info *gusmev.OrderInfo) bool {
	s := info.Order.CurrentStatusHistory
	return s == nil || s.CancelAllowed
}

func withdrawalUnknown(id int64, cause error) error {
	return fault.New(exitcode.Unknown, "application.withdrawal_unknown", i18n.Text{
		RU: "отозвано ли заявление № %d, пока неизвестно", EN: "whether application no. %d is withdrawn is not known yet"}.With(id)).
		Because(cause).Advise(i18n.Text{RU: "посмотрите, что с ним: epgu application view %d", EN: "see how it stands: epgu application view %d"}.With(id))
}
