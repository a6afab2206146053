package orders

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Status codes of API ЕПГУ (SPEC-1.13 and the unified personal account).
const (
	Draft        = 0
	Accepted     = 1
	Received     = 2
	Done         = 3
	Refused      = 4
	SendFailed   = 5
	Considered   = 6
	Intermediate = 7
	Withdrawing  = 9
	Withdrawn    = 10
	Waiting      = 14
	NeedsMending = 15
	OnPortal     = 17
	Sent         = 21
	Failed       = 24
)

// Status is one entry of an application's history.
type Status struct {
	ID       int64
	StatusID int
	At       time.Time
	StatusData
}

// StatusData is what people read in a status.
type StatusData struct {
	Comment     i18n.Text `json:"comment,omitzero"`
	Sender      i18n.Text `json:"sender,omitzero"`      // the department
	Responsible i18n.Text `json:"responsible,omitzero"` // the post of who answers for the step
	HasResult   bool      `json:"hasResult,omitempty"`
	StateCode   string    `json:"stateCode,omitempty"` // the department's own code
}

// Title returns the name of a status.
func Title(statusID int) i18n.Text {
	switch statusID {
	case Draft:
		return i18n.Text{RU: "Черновик заявления", EN: "Draft"}
	case Accepted:
		return i18n.Text{RU: "Заявление зарегистрировано", EN: "Registered"}
	case Received:
		return i18n.Text{RU: "Заявление получено ведомством", EN: "Received by the department"}
	case Done:
		return i18n.Text{RU: "Услуга оказана", EN: "Service rendered"}
	case Refused:
		return i18n.Text{RU: "Отказано в предоставлении услуги", EN: "Refused"}
	case SendFailed:
		return i18n.Text{RU: "Ошибка отправки в ведомство", EN: "Could not be sent to the department"}
	case Considered:
		return i18n.Text{RU: "Заявление принято к рассмотрению", EN: "Under consideration"}
	case Intermediate:
		return i18n.Text{RU: "Промежуточные результаты от ведомства", EN: "Interim results"}
	case Withdrawing:
		return i18n.Text{RU: "Заявление отменяется", EN: "Being cancelled"}
	case Withdrawn:
		return i18n.Text{RU: "Заявление отменено", EN: "Cancelled"}
	case Waiting:
		return i18n.Text{RU: "Ожидание дополнительной информации", EN: "Waiting for something from you"}
	case NeedsMending:
		return i18n.Text{RU: "Заявление требует исправления", EN: "Needs mending"}
	case OnPortal:
		return i18n.Text{RU: "Зарегистрировано на портале", EN: "Registered on the portal"}
	case Sent:
		return i18n.Text{RU: "Заявление отправлено в ведомство", EN: "Sent to the department"}
	case Failed:
		return i18n.Text{RU: "Ошибка отправки заявления в ведомство", EN: "The application could not be processed"}
	}
	return i18n.Text{RU: "Статус " + strconv.Itoa(statusID), EN: "Status " + strconv.Itoa(statusID)}
}

// Final reports whether nothing follows a status.
func Final(statusID int) bool {
	switch statusID {
	case Done, Refused, SendFailed, Withdrawn, Failed:
		return true
	}
	return false
}

// Cancellable reports whether an application in this status may be cancelled.
func Cancellable(statusID int) bool {
	switch statusID {
	case Accepted, Received, Considered, Waiting, NeedsMending, OnPortal, Sent:
		return true
	}
	return false
}

// AddStatus writes the next status of an application and an event, and makes it
// the current one; the caller saves the application.
func AddStatus(ctx context.Context, tx *sql.Tx, o *Order, s Status, now time.Time) error {
	data, err := json.Marshal(s.StatusData)
	if err != nil {
		return err
	}
	r, err := tx.ExecContext(ctx, "INSERT INTO order_statuses(order_id, status_id, at_us, data) VALUES(?,?,?,?)", o.ID, s.StatusID, now.UnixMicro(), string(data))
	if err != nil {
		return err
	}
	if o.HistoryID, err = r.LastInsertId(); err != nil {
		return err
	}
	o.StatusID, o.Updated, o.Final = s.StatusID, now, Final(s.StatusID)
	note, err := json.Marshal(map[string]int{"statusId": s.StatusID})
	if err != nil {
		return err
	}
	_, err = store.AddEvent(ctx, tx, store.Event{At: now, Kind: "order.status", OID: o.OID, OrgOID: o.OrgOID, Ref: strconv.FormatInt(o.ID, 10), Data: string(note)})
	return err
}

// History returns the statuses of an application, oldest first.
func History(ctx context.Context, q store.Queryer, orderID int64) ([]Status, error) {
	rows, err := q.QueryContext(ctx, "SELECT id, status_id, at_us, data FROM order_statuses WHERE order_id = ? ORDER BY id", orderID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Status
	for rows.Next() {
		var s Status
		var at int64
		var data string
		if err := rows.Scan(&s.ID, &s.StatusID, &at, &data); err != nil {
			return nil, err
		}
		s.At = moment(at)
		if err := json.Unmarshal([]byte(data), &s.StatusData); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
