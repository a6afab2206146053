package applications

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/delivery"
	"github.com/epgu-cli/epgu/internal/core/parcel"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// ChunkBytes is the size of the parts of a large archive when nobody names one.
const ChunkBytes = gusmev.DefaultChunkBytes

// Gateway is what this package needs of API ЕПГУ; portal/gusmev.Client has it.
type Gateway interface {
	Reserve(ctx context.Context, meta wire.Meta) (int64, error)
	Push(ctx context.Context, meta wire.Meta, archive io.ReaderAt, size int64, name string) (int64, error)
	PushChunked(ctx context.Context, meta wire.Meta, orderID int64, archive io.ReaderAt, size int64, opts gusmev.ChunkOptions) error
	Order(ctx context.Context, id int64, history bool) (*gusmev.OrderInfo, error)
	UpdatedAfter(ctx context.Context, since time.Time, wait time.Duration) ([]wire.OrderStatus, error)
}

// Ledger is the part of the journal that holds applications.
type Ledger interface {
	Prepare(ctx context.Context, s journal.Submission) (journal.SubmissionResult, error)
	MoveSubmissions(ctx context.Context, transitions []journal.SubmissionTransition) error
	ListSubmissions(ctx context.Context, f journal.SubmissionFilter) iter.Seq2[journal.Submission, error]
	Recover(ctx context.Context) (journal.Recovered, error)
}

// Submitter sends applications: exactly one per content, whatever is lost on
// the way.
type Submitter struct {
	Portal  Gateway
	Journal Ledger
	Clock   clock.Clock
	Profile string
	Outbox  string // folder for archives on their way
	// VerifyFor bounds how long the outcome of the portal's own check is waited
	// for after the archive is through.
	VerifyFor time.Duration
}

// Request is one application to send.
type Request struct {
	Applicant  string // who applies: the oid of the person or organisation
	Title      string
	TargetCode string
	Region     string
	OneStep    bool // the service takes a single push
	Content    Content
	Signer     Signer
	// OrderID is set when a department asked for a correction of this number.
	OrderID int64
	// Again says why the same application is sent once more although an equal one
	// was accepted; empty refuses.
	Again    string
	Who      string
	Progress func(sent, total int64) // bytes
	// ChunkBytes is the size of the parts of a large archive; 0 is the usual one.
	ChunkBytes int64
}

// Receipt says what became of a submission.
type Receipt struct {
	SubmissionID string      `json:"submissionId"`
	OrderID      int64       `json:"orderId"`
	Resumed      bool        `json:"resumed"` // an earlier, interrupted submission was completed
	Code         string      `json:"code"`
	Order        *wire.Order `json:"-"`
}

// Processing says in words what the portal made of the files; empty when nothing is known.
func (r Receipt) Processing() i18n.Message {
	switch o := (gusmev.OrderInfo{Code: r.Code}); {
	case r.Code == "":
		return i18n.Message{}
	case o.Stage() == gusmev.HandedOn:
		return i18n.Say("проверено и передано в ведомство", "checked and handed on to the department")
	default:
		return o.Explain()
	}
}

// Submit sends the application, or completes the one that an earlier run began
// with the same content. The fault "application.duplicate" comes with the receipt of
// the one that was accepted.
func (s *Submitter) Submit(ctx context.Context, req Request) (Receipt, error) {
	if _, err := s.Journal.Recover(ctx); err != nil {
		return Receipt{}, err
	}
	if req.Region == "" {
		return Receipt{}, NoRegion()
	}
	data, files, err := req.Content.identity()
	if err != nil {
		return Receipt{}, err
	}
	if req.OneStep && req.Content.needsNumber() {
		return Receipt{}, fault.New(exitcode.Usage, "application.one_step_number", i18n.Say(
			"в документы вписывается номер заявления, а при отправке одним шагом он заранее не известен", "a number is filled into the documents, and the one-step way does not know it beforehand")).
			Advise(i18n.Say("уберите --one-step", "leave out --one-step"))
	}
	target := req.TargetCode
	if req.OrderID != 0 {
		target = fmt.Sprintf("%s#%d", target, req.OrderID)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Receipt{}, err
	}
	rec := journal.Submission{
		ID: id.String(), ContentKey: journal.ContentKey(req.Applicant, req.Content.ServiceCode, target, data, files...),
		Profile: s.Profile, Applicant: req.Applicant, Service: req.Content.ServiceCode, TargetCode: req.TargetCode, Title: req.Title,
	}
	if req.Again != "" {
		rec.Override = &journal.Override{Reason: req.Again, Who: req.Who}
	}
	res, err := s.Journal.Prepare(ctx, rec)
	if err != nil {
		return Receipt{}, err
	}
	cur := res.Submission
	resumed := res.Outcome == journal.Duplicate
	if resumed {
		switch cur.State {
		case journal.Accepted:
			if err := s.closeEarlier(ctx, req, &cur); err != nil {
				return Receipt{}, err
			}
			return Receipt{SubmissionID: cur.ID, OrderID: cur.OrderID}, fault.New(exitcode.Conflict, "application.duplicate", i18n.Text{
				RU: "такое же заявление уже подано: № %d", EN: "the same application was already submitted: no. %d"}.With(cur.OrderID)).
				Advise(i18n.Text{RU: "посмотреть: epgu application view %d; подать ещё одно такое же: --again «причина»",
					EN: "see it: epgu application view %d; to submit one more like it: --again REASON"}.With(cur.OrderID))
		case journal.Sending:
			return Receipt{}, inProgress()
		}
	}
	r := &run{s: s, req: req, rec: cur, meta: wire.Meta{Region: req.Region, ServiceCode: req.Content.ServiceCode, TargetCode: req.TargetCode}}
	receipt, err := r.complete(ctx)
	receipt.Resumed = resumed
	if err == nil {
		err = s.closeEarlier(ctx, req, &r.rec)
	}
	return receipt, err
}

// NoRegion says that a submission needs a region.
func NoRegion() error {
	return fault.New(exitcode.Usage, "application.no_region", i18n.Say("не указан регион", "no region is given")).
		Advise(i18n.Say("добавьте --region КОД: ОКАТО, 11 цифр, например 45000000000", "add --region CODE: an ОКАТО of 11 digits, such as 45000000000"))
}

func inProgress() *fault.Error {
	return fault.New(exitcode.Conflict, "application.in_progress", i18n.Say(
		"это заявление прямо сейчас отправляет другой процесс", "another process is sending this application right now")).
		Advise(i18n.Say("дождитесь его; повтор этой команды второго заявления не создаст", "wait for it; repeating this command makes no second application"))
}

// run is one submission under way.
type run struct {
	s    *Submitter
	req  Request
	rec  journal.Submission
	meta wire.Meta
}

func (r *run) move(ctx context.Context, to journal.State, t journal.SubmissionTransition) error {
	t.ID, t.From, t.To = r.rec.ID, r.rec.State, to
	if t.Evidence.Witness == "" {
		t.Evidence.Witness = journal.Engine
	}
	// What happened must be written down even when the user has just pressed Ctrl-C.
	err := r.s.Journal.MoveSubmissions(context.WithoutCancel(ctx), []journal.SubmissionTransition{t})
	var stale *journal.StaleError
	var other *journal.OwnerError
	if errors.As(err, &stale) || errors.As(err, &other) {
		return inProgress().Because(err)
	}
	if err != nil {
		return err
	}
	r.rec.State, r.rec.Reason, r.rec.UpdatedAt = to, t.Reason, r.s.Clock.Now()
	if t.OrderID != 0 {
		r.rec.OrderID = t.OrderID
	}
	return nil
}

func (r *run) complete(ctx context.Context) (Receipt, error) {
	if r.rec.State == journal.Unknown {
		if err := r.resolve(ctx, nil); err != nil {
			return Receipt{OrderID: r.rec.OrderID, SubmissionID: r.rec.ID}, err
		}
	}
	if r.rec.State == journal.Accepted {
		return r.verified(ctx)
	}
	if r.req.Content.needsNumber() {
		if err := r.reserve(ctx); err != nil {
			return Receipt{}, err
		}
	}
	path, size, err := r.archive()
	if err != nil {
		return Receipt{OrderID: r.rec.OrderID}, err
	}
	if err := r.reserve(ctx); err != nil {
		return Receipt{}, err
	}
	if err := r.push(ctx, path, size); err != nil {
		return Receipt{OrderID: r.rec.OrderID, SubmissionID: r.rec.ID}, r.written(err)
	}
	receipt, err := r.verified(ctx)
	err = r.written(err)
	if r.rec.State == journal.Accepted || r.rec.State == journal.Refused {
		os.Remove(path)
	}
	return receipt, err
}

// kept is where the archive of a submission lies until its outcome is known.
func (s *Submitter) kept(id string) string { return filepath.Join(s.Outbox, id+".zip") }

// reserve takes a number and journals it, unless there is one or none is needed.
func (r *run) reserve(ctx context.Context) error {
	if r.req.OneStep || r.rec.State != journal.Prepared {
		return nil
	}
	number := r.req.OrderID
	if number == 0 {
		var err error
		if number, err = r.s.Portal.Reserve(ctx, r.meta); err != nil {
			return err
		}
	}
	return r.move(ctx, journal.Reserved, journal.SubmissionTransition{OrderID: number})
}

// archive returns the archive of this submission, built once and kept until the
// outcome is known: a signature is new every time, and what is sent again must
// be what was sent before.
func (r *run) archive() (path string, size int64, err error) {
	if err := os.MkdirAll(r.s.Outbox, 0o700); err != nil {
		return "", 0, err
	}
	path = r.s.kept(r.rec.ID)
	if info, err := os.Stat(path); err == nil {
		return path, info.Size(), nil
	}
	f, err := os.CreateTemp(r.s.Outbox, r.rec.ID+".*.partial")
	if err != nil {
		return "", 0, err
	}
	defer os.Remove(f.Name())
	content := r.req.Content
	content.Numbers = parcel.Numbers{OrderID: r.rec.OrderID, GUID: r.rec.ID, At: r.s.Clock.Now()}
	_, size, err = content.WriteArchive(f, r.req.Signer)
	if err == nil {
		err = f.Sync()
	}
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return "", 0, err
	}
	return path, size, os.Rename(f.Name(), path)
}

func (r *run) push(ctx context.Context, path string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	before := r.rec.State
	if err := r.move(ctx, journal.Sending, journal.SubmissionTransition{}); err != nil {
		return err
	}
	var number int64
	if r.req.OneStep {
		number, err = r.s.Portal.Push(ctx, r.meta, f, size, r.rec.ID)
	} else {
		err = r.pushChunked(ctx, f, size)
	}
	if err == nil {
		if number != 0 {
			r.rec.OrderID = number
		}
		return nil
	}
	fate := delivery.Of(err)
	if fate == delivery.NotDone {
		return errors.Join(err, r.move(ctx, before, journal.SubmissionTransition{}))
	}
	reason := journal.Reason{Code: "reply.lost", Text: err.Error()}
	var denied error
	if fate == delivery.Denied {
		denied, reason = err, reasonOf(err)
	}
	if err2 := r.move(ctx, journal.Unknown, journal.SubmissionTransition{Reason: reason}); err2 != nil {
		return err2
	}
	// The answer may be lost, the portal is not: ask it what it has. Its refusal is
	// asked about, too, because nothing in one says whose submission it refuses.
	if err2 := r.resolve(ctx, denied); err2 != nil {
		if f := fault.Of(err2); f != nil && f.Exit == exitcode.Unknown {
			return f // it says itself what is not known, and until when
		}
		return lost(r.rec, errors.Join(err, err2))
	}
	switch r.rec.State {
	case journal.Accepted:
		return nil
	case journal.Refused:
		return err
	}
	return notArrived(r.rec, err)
}

// written makes sure that a submission which was sent, and about which nothing more
// could be written down, ends as unknown: the next run asks the portal.
func (r *run) written(err error) error {
	if err == nil || r.rec.State != journal.Sending || fault.ExitOf(err) == exitcode.Unknown || fault.Of(err) != nil && fault.Of(err).Code == "application.in_progress" {
		return err
	}
	return lost(r.rec, err)
}

func lost(rec journal.Submission, cause error) error {
	e := fault.New(exitcode.Unknown, "application.unknown", i18n.Say(
		"ответа портала нет или он ничего не доказывает: дошло ли заявление, пока неизвестно", "there is no answer of the portal, or none that proves anything: whether the application arrived is not known yet")).Because(cause)
	if rec.OrderID != 0 {
		return e.Advise(i18n.Text{RU: "повторите ту же команду: она спросит портал про № %d и не подаст второе заявление",
			EN: "repeat the same command: it asks the portal about no. %d and never submits a second application"}.With(rec.OrderID))
	}
	return e.Advise(i18n.Say("повторите ту же команду: она сначала сверится с порталом", "repeat the same command: it checks with the portal first"))
}

func notArrived(rec journal.Submission, cause error) error {
	return fault.New(exitcode.Unavailable, "application.not_arrived", i18n.Say(
		"связь прервалась, заявление до портала не дошло", "the connection broke and the application did not reach the portal")).
		Because(cause).Advise(repeatHint(rec))
}

func repeatHint(rec journal.Submission) i18n.Message {
	if rec.OrderID == 0 {
		return i18n.Say("повторите ту же команду", "repeat the same command")
	}
	return i18n.Text{RU: "повторите ту же команду: номер %d сохранён", EN: "repeat the same command: number %d is kept"}.With(rec.OrderID)
}

// reasonOf keeps the portal's words in the journal.
func reasonOf(err error) journal.Reason {
	var f *fault.Error
	if errors.As(err, &f) {
		return journal.Reason{Code: f.Code, Text: f.Message.In(i18n.EN)}
	}
	return journal.Reason{Code: "refused", Text: err.Error()}
}
