package gusmev

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/charges"
	"github.com/epgu-cli/epgu/internal/sandbox/departments"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/waiting"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// details is POST /api/gusmev/order/{id} (SPEC-1.13, section 2.4). With
// Prefer: wait it holds the answer while the processing state is intermediate.
func (f *face) details(w http.ResponseWriter, r *http.Request) error {
	c, err := caller(r)
	if err != nil {
		return err
	}
	if err := access(c); err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	wait := waiting.Asked(r)
	var answer wire.DetailsEnvelope
	err = waiting.Until(r.Context(), f.deps, wait, func(ctx context.Context) (done, skip bool, err error) {
		err = f.deps.DB.Read(ctx, func(tx *sql.Tx) error {
			o, err := f.find(ctx, tx, c, id)
			if err != nil {
				return err
			}
			done = o.Phase != orders.Intake
			answer, err = f.envelope(ctx, tx, o, problem.Lang(r))
			return err
		})
		return done, true, err
	})
	if err != nil {
		return err
	}
	waiting.Applied(w, wait)
	problem.JSON(w, http.StatusOK, answer)
	return nil
}

func (f *face) envelope(ctx context.Context, tx *sql.Tx, o *orders.Order, l i18n.Lang) (wire.DetailsEnvelope, error) {
	e := wire.DetailsEnvelope{Code: o.Code, MessageID: messageID(o)}
	e.MessageIDAlt = e.MessageID
	if e.Code == "" {
		e.Code = wire.CodeNew // the number is given out, nothing has come yet
	}
	if !o.Message.IsZero() {
		text := untrusted.Text(o.Message.In(l))
		e.Message = &text
	}
	order, err := f.order(ctx, tx, o, l)
	if err != nil {
		return e, err
	}
	raw, err := json.Marshal(order)
	if err != nil {
		return e, err
	}
	escaped := string(raw)
	e.Order = &escaped
	return e, nil
}

// messageID is a UUID that stays the same for one attempt.
func messageID(o *orders.Order) string {
	h := sha256.Sum256(fmt.Appendf(nil, "message %d %d", o.ID, o.Attempt))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

func (f *face) order(ctx context.Context, tx *sql.Tx, o *orders.Order, l i18n.Lang) (wire.Order, error) {
	all, err := f.catalog()
	if err != nil {
		return wire.Order{}, err
	}
	s := all.Find(o.Service)
	if s == nil {
		return wire.Order{}, fmt.Errorf("application %d: no service %s", o.ID, o.Service)
	}
	d := s.Dept()
	out := wire.Order{
		ID: o.ID, OrderType: "ORDER", OrderStatusID: o.StatusID, OrderStatusName: untrusted.Text(orders.Title(o.StatusID).In(l)), HasNewStatus: true,
		CurrentStatusHistoryID: o.HistoryID, Updated: stamp(o.Updated), OrderDate: stamp(o.Created), Closed: o.Closed, HasResult: o.HasResult,
		ServiceName: untrusted.Text(s.Title.In(l)), EserviceID: s.Code, ServiceTargetID: s.TargetCode(), ServicePassportID: s.Code, ServiceEpguID: "1",
		StateOrgID: d.ID, StateOrgCode: d.Code, StateStructureName: untrusted.Text(d.Name.In(l)), StateStructureID: strconv.FormatInt(d.ID, 10), AdmLevelCode: "FEDERAL",
		PersonType: "PERSON", OwnerID: o.OID, UserID: o.OID, UserSelectedRegion: o.Region, Location: o.Region,
		PortalCode: "SANDBOX", PortalName: "SANDBOX", SourceSystem: o.ClientID, FormVersion: "1", CreationMode: "direct", EdsStatus: "EDS_NOT_SUPPORTED",
		SmevMessageID: messageID(o), SmevTx: messageID(o), UIN: o.UIN, TestUser: true, AllowToEdit: o.StatusID == orders.NeedsMending,
		// Arrays are there when they are empty.
		AttributeEvents: []wire.AttributeEvent{}, PaymentStatusEvents: []wire.Event{}, EQueueEvents: []wire.Event{}, InfoMessages: []wire.Event{}, Steps: []wire.Event{},
		Statuses: []wire.Status{}, AttachmentFiles: []wire.File{}, ResponseFiles: []wire.File{}, Payments: []wire.OrderPayment{}, TextMessages: []wire.TextMessage{},
	}
	if o.OrgOID != 0 {
		out.PersonType, out.OwnerID = "LEGAL", o.OrgOID
	}
	if !o.Submitted.IsZero() {
		out.RequestDate = stamp(o.Submitted)
	}
	statuses, err := orders.History(ctx, tx, o.ID)
	if err != nil {
		return out, err
	}
	for _, st := range statuses {
		ws := statusOf(o, st, l)
		if st.ID == o.HistoryID {
			out.CurrentStatusHistory = &ws
			out.StateOrgStatusCode, out.StateOrgStatusName, out.StatusColorCode = ws.StateOrgStatusCode, ws.StateOrgStatusDescr, ws.StatusColorCode
		}
		out.Statuses = append(out.Statuses, ws) // the live portal gives them without ?embed too
	}
	if out.TextMessages, err = textMessages(ctx, tx, o.ID, out.StateStructureName, l); err != nil {
		return out, err
	}
	files, err := orders.Files(ctx, tx, o.ID)
	if err != nil {
		return out, err
	}
	for _, file := range files {
		if wf := fileOf(file); file.Type == orders.TypeResult {
			out.ResponseFiles = append(out.ResponseFiles, wf)
		} else {
			out.AttachmentFiles = append(out.AttachmentFiles, wf)
		}
	}
	return out, f.payments(ctx, tx, o, &out)
}

// textMessages are what the department has written.
func textMessages(ctx context.Context, tx *sql.Tx, orderID int64, from untrusted.Text, l i18n.Lang) ([]wire.TextMessage, error) {
	all, err := orders.Messages(ctx, tx, orderID)
	out := []wire.TextMessage{}
	for _, m := range all {
		if !m.Own {
			out = append(out, wire.TextMessage{ID: strconv.FormatInt(m.ID, 10), Date: stamp(m.At), Text: untrusted.Text(m.Text.In(l)), From: from})
		}
	}
	return out, err
}

func (f *face) payments(ctx context.Context, tx *sql.Tx, o *orders.Order, out *wire.Order) error {
	list, err := charges.OfOrder(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.State == charges.Annulled {
			continue
		}
		paid := c.State == charges.Paid
		out.Payments = append(out.Payments, wire.OrderPayment{UIN: c.UIN, Paid: paid, Amount: json.Number(strconv.FormatInt(c.Amount, 10))})
		if !paid {
			out.NoPaidPaymentCount++
		}
	}
	out.PaymentCount = len(out.Payments)
	out.HasNoPaidPayment = out.NoPaidPaymentCount > 0
	out.PaymentRequired = out.HasNoPaidPayment
	return nil
}

func statusOf(o *orders.Order, st orders.Status, l i18n.Lang) wire.Status {
	current := st.ID == o.HistoryID
	color := "in_progress"
	switch {
	case st.StatusID == orders.NeedsMending:
		color = "edit"
	case st.StatusID == orders.Done:
		color = "success"
	case orders.Final(st.StatusID):
		color = "fail"
	}
	return wire.Status{
		ID: st.ID, StatusID: st.StatusID, Title: untrusted.Text(orders.Title(st.StatusID).In(l)), Date: stamp(st.At), OrderID: o.ID,
		FinalStatus:   orders.Final(st.StatusID),
		CancelAllowed: current && orders.Cancellable(st.StatusID), EditAllowed: current && st.StatusID == orders.NeedsMending,
		SendMessageAllowed: current && orders.Conversable(o),
		UnreadEvent:        current, HasResult: yesNo(st.HasResult),
		Sender: untrusted.Text(st.Sender.In(l)), Mnemonic: "SANDBOX_" + strconv.Itoa(st.StatusID), Comment: untrusted.Text(st.Comment.In(l)),
		StateOrgStatusCode: st.StateCode, StateOrgStatusDescr: untrusted.Text(st.Responsible.In(l)), StatusColorCode: color,
	}
}

func fileOf(f orders.File) wire.File {
	return wire.File{
		ID:       fmt.Sprintf("%d/files/%s", f.ObjectID, base64.RawURLEncoding.EncodeToString([]byte(f.Name))),
		FileName: untrusted.Text(f.Name), FileSize: f.Size, MimeType: f.MIME, HasDigitalSignature: f.Signed, Type: f.Kind,
		Link: fmt.Sprintf("terrabyte://00/%d/%s/%d", f.ObjectID, f.Name, f.Type),
	}
}

// stamp writes a time as order details do, in Moscow time.
func stamp(t time.Time) string { return t.In(clock.Moscow()).Format(wire.TimeLayout) }

func yesNo(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

// cancel is POST /api/gusmev/order/{id}/cancel (SPEC-1.13, section 2.2). The
// live API asks for the undocumented parameter reason.
func (f *face) cancel(w http.ResponseWriter, r *http.Request) error {
	c, err := caller(r)
	if err != nil {
		return err
	}
	if err := access(c); err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	reason := []rune(r.URL.Query().Get("reason"))
	err = f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		o, err := f.find(r.Context(), tx, c, id)
		if err != nil {
			return err
		}
		if len(reason) == 0 || len(reason) > 500 {
			return badRequest("нужен параметр reason, от 1 до 500 знаков", "the parameter reason is needed, 1 to 500 characters")
		}
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		err = f.departments.Cancel(r.Context(), tx, o, string(reason), now)
		if errors.Is(err, departments.ErrNotCancellable) {
			return no(http.StatusMethodNotAllowed, wire.ErrCancelNotAllowed,
				"заявление в статусе «%s» отменить нельзя", "an application that is %q cannot be cancelled", orders.Title(o.StatusID))
		}
		return err
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// download is GET /api/gusmev/files/download/{objectId}/{objectType} and the
// older path (SPEC-1.13, section 4).
func (f *face) download(w http.ResponseWriter, r *http.Request) error {
	c, err := caller(r)
	if err != nil {
		return err
	}
	if err := access(c); err != nil {
		return err
	}
	object, err1 := strconv.ParseInt(r.PathValue("objectId"), 10, 64)
	kind, err2 := strconv.Atoi(r.PathValue("objectType"))
	name := r.URL.Query().Get("mnemonic")
	if err1 != nil || err2 != nil || name == "" {
		return badRequest("нужны objectId, objectType и mnemonic из поля link", "objectId, objectType and mnemonic of the field link are needed")
	}
	var file orders.File
	var service *catalog.Service
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		if file, err = orders.FileOf(r.Context(), tx, object, kind, name); errors.Is(err, orders.ErrNotFound) {
			// objectId is the object of the link, or the currentStatusHistoryId of the
			// order (SPEC-1.12.1, table 33).
			file, err = orders.FileByStatus(r.Context(), tx, object, kind, name)
		}
		if err != nil {
			if errors.Is(err, orders.ErrNotFound) {
				return errNoContent
			}
			return err
		}
		o, err := f.find(r.Context(), tx, c, file.OrderID)
		if err != nil {
			return err
		}
		all, err := f.catalog()
		if err != nil {
			return err
		}
		service = all.Find(o.Service)
		return nil
	})
	if err != nil {
		return err
	}
	if code := r.URL.Query().Get("eserviceCode"); code != "" && service != nil && code != service.Code {
		return badRequest("eserviceCode: файл услуги %s", "eserviceCode: the file belongs to service %s", service.Code)
	}
	h := w.Header()
	h.Set("Content-Type", file.MIME)
	h.Set("Content-Length", strconv.Itoa(len(file.Content)))
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(file.Name))
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(file.Content) // a reader that has gone is nobody's error
	return nil
}
