package fileset

// Die gives up the set's lock, as the system does when the process dies.
func (s *Set) Die() {
	_ = s.lock.Unlock()
	s.lock = nil
}
