package registers

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/register"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// errSuffix is added to the register's name.
const errSuffix = ".err"

// errSignature begins every .err file, so that one of an earlier check is
// known from a file of the user's.
const errSignature = "# epgu batch check: "

// errFile is the list of problems beside a register: tab-separated lines for
// people and for spreadsheets, without personal data.
type errFile struct {
	path string
	lang i18n.Lang
	file *atomicfile.File // nil until there is a problem
	w    *bufio.Writer
}

func (c *check) errFile(file int) *errFile {
	if c.errs[file] == nil {
		c.errs[file] = &errFile{path: c.o.Files[file] + errSuffix, lang: c.o.Lang}
	}
	return c.errs[file]
}

func (e *errFile) begin() error {
	if ours, err := e.ours(); err != nil {
		return e.unwritable(err)
	} else if !ours {
		return fault.New(exitcode.Conflict, "register.err_taken", i18n.Text{RU: "файл %s сделан не этой программой и не тронут", EN: "the file %s was not made by this program and is left alone"}.With(untrusted.Text(e.path))).
			Advise(i18n.Say("переименуйте его или проверяйте с --no-err", "rename it, or check with --no-err"))
	}
	f, err := atomicfile.Create(e.path, 0o600)
	if err != nil {
		return e.unwritable(err)
	}
	e.file, e.w = f, bufio.NewWriterSize(f, 16<<10)
	e.line(errSignature + i18n.Text{RU: "замечания к реестру %s", EN: "problems of the register %s"}.
		With(untrusted.Clean(strings.TrimSuffix(filepath.Base(e.path), errSuffix))).In(e.lang))
	e.line("# " + i18n.Text{
		RU: "Имён, ИНН людей и содержимого ячеек здесь нет. Исправьте реестр и проверьте его снова.",
		EN: "No names, no ИНН of persons and no contents of cells are in here. Mend the register and check it again."}.In(e.lang))
	e.row(
		i18n.Text{RU: "вид", EN: "kind"}, i18n.Text{RU: "строка файла", EN: "line"}, i18n.Text{RU: "запись", EN: "row"},
		i18n.Text{RU: "столбец", EN: "column"}, i18n.Text{RU: "заголовок", EN: "heading"}, i18n.Text{RU: "поле поручения", EN: "order field"},
		i18n.Text{RU: "код", EN: "code"}, i18n.Text{RU: "что не так", EN: "what is wrong"}, i18n.Text{RU: "почему это важно", EN: "why it matters"},
		i18n.Text{RU: "как исправить", EN: "how to mend it"})
	return nil
}

func (e *errFile) unwritable(err error) error {
	return fault.New(exitcode.Failure, "register.err_write", i18n.Text{RU: "файл %s не записать", EN: "the file %s cannot be written"}.With(untrusted.Text(e.path))).
		Because(err).Advise(i18n.Say("проверьте права на папку и место на диске или проверяйте с --no-err", "see to the folder's permissions and to the disk's space, or check with --no-err"))
}

// line and row rely on bufio.Writer, which keeps its first error for Flush.
func (e *errFile) line(s string) { _, _ = e.w.WriteString(s + "\n") }

func (e *errFile) row(cells ...i18n.Localised) {
	for i, c := range cells {
		if i > 0 {
			_ = e.w.WriteByte('\t')
		}
		_, _ = e.w.WriteString(untrusted.Clean(c.In(e.lang)))
	}
	_ = e.w.WriteByte('\n')
}

// word is a text that is the same in every language.
type word string

func (w word) In(i18n.Lang) string { return string(w) }

func number(n int) word {
	if n == 0 {
		return ""
	}
	return word(fmt.Sprint(n))
}

func (e *errFile) put(p register.Problem) error {
	if e.file == nil {
		if err := e.begin(); err != nil {
			return err
		}
	}
	p = p.Public()
	e.row(SeverityText(p.Severity), number(p.Line), number(p.Row), word(p.ColumnName()), word(p.Heading), number(p.Number),
		word(p.Code), p.Message, p.Why, p.Hint)
	return nil
}

// SeverityText names a severity for people.
func SeverityText(s register.Severity) i18n.Text {
	if s == register.Warning {
		return i18n.Text{RU: "замечание", EN: "warning"}
	}
	return i18n.Text{RU: "ошибка", EN: "error"}
}

// finishErrFiles completes the .err files, and removes those of earlier
// checks from beside registers that are clean now.
func (c *check) finishErrFiles() error {
	if !c.o.ErrFiles {
		return nil
	}
	for i := range c.sum.Files {
		f, e := &c.sum.Files[i], c.errFile(i)
		if e.file == nil {
			if err := e.removeOld(); err != nil {
				return err
			}
			continue
		}
		e.line("# " + i18n.Text{RU: "строк %d, с ошибками %d; ошибок %d, замечаний %d", EN: "rows %d, with errors %d; errors %d, warnings %d"}.
			With(f.Rows, f.Bad, f.Errors, f.Warnings).In(e.lang))
		if err := e.w.Flush(); err != nil {
			return e.unwritable(err)
		}
		if err := e.file.Commit(); err != nil {
			return e.unwritable(err)
		}
		f.ErrFile = e.path
	}
	return nil
}

// ours reports whether what stands in the file's place may be replaced:
// nothing, or the work of an earlier check.
func (e *errFile) ours() (bool, error) {
	f, err := os.Open(e.path)
	if os.IsNotExist(err) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, len(errSignature))
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return false, err
	}
	return n == 0 || bytes.Equal(head[:n], []byte(errSignature)), nil
}

func (e *errFile) removeOld() error {
	if _, err := os.Lstat(e.path); err != nil {
		return nil //nolint:nilerr // there is nothing to remove
	}
	if ours, err := e.ours(); err != nil || !ours {
		return err
	}
	return os.Remove(e.path)
}

func (e *errFile) close() {
	if e.file != nil {
		e.file.Close()
	}
}
