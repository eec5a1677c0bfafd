package broken

import "iter"

// All, Keys and Values traverse with Range, so a broken Range breaks them too.
// Only the maps that break T2 differ.

func keysOf(traverse iter.Seq2[any, any]) iter.Seq[any] {
	return func(yield func(any) bool) {
		traverse(func(key, _ any) bool { return yield(key) })
	}
}

func valuesOf(traverse iter.Seq2[any, any]) iter.Seq[any] {
	return func(yield func(any) bool) {
		traverse(func(_, value any) bool { return yield(value) })
	}
}

func (m *core) All() iter.Seq2[any, any] { return m.Range }
func (m *core) Keys() iter.Seq[any]      { return keysOf(m.Range) }
func (m *core) Values() iter.Seq[any]    { return valuesOf(m.Range) }

func (m *T1VisitsTwice) All() iter.Seq2[any, any] { return m.Range }
func (m *T1VisitsTwice) Keys() iter.Seq[any]      { return keysOf(m.Range) }
func (m *T1VisitsTwice) Values() iter.Seq[any]    { return valuesOf(m.Range) }

func (m *T1MissesResident) All() iter.Seq2[any, any] { return m.Range }
func (m *T1MissesResident) Keys() iter.Seq[any]      { return keysOf(m.Range) }
func (m *T1MissesResident) Values() iter.Seq[any]    { return valuesOf(m.Range) }

func (m *T1ForeignValue) All() iter.Seq2[any, any] { return m.Range }
func (m *T1ForeignValue) Keys() iter.Seq[any]      { return keysOf(m.Range) }
func (m *T1ForeignValue) Values() iter.Seq[any]    { return valuesOf(m.Range) }

func (m *T3LockHeld) All() iter.Seq2[any, any] { return m.Range }
func (m *T3LockHeld) Keys() iter.Seq[any]      { return keysOf(m.Range) }
func (m *T3LockHeld) Values() iter.Seq[any]    { return valuesOf(m.Range) }

func (m *T3ReadLockHeld) All() iter.Seq2[any, any] { return m.Range }
func (m *T3ReadLockHeld) Keys() iter.Seq[any]      { return keysOf(m.Range) }
func (m *T3ReadLockHeld) Values() iter.Seq[any]    { return valuesOf(m.Range) }

func (m *T4SwallowsPanic) All() iter.Seq2[any, any] { return m.Range }
func (m *T4SwallowsPanic) Keys() iter.Seq[any]      { return keysOf(m.Range) }
func (m *T4SwallowsPanic) Values() iter.Seq[any]    { return valuesOf(m.Range) }

func (m *T4SwallowsGoexit) All() iter.Seq2[any, any] { return m.Range }
func (m *T4SwallowsGoexit) Keys() iter.Seq[any]      { return keysOf(m.Range) }
func (m *T4SwallowsGoexit) Values() iter.Seq[any]    { return valuesOf(m.Range) }

func (m *T4KeepsLock) All() iter.Seq2[any, any] { return m.Range }
func (m *T4KeepsLock) Keys() iter.Seq[any]      { return keysOf(m.Range) }
func (m *T4KeepsLock) Values() iter.Seq[any]    { return valuesOf(m.Range) }

func (m *T4NilIgnored) All() iter.Seq2[any, any] { return m.Range }
func (m *T4NilIgnored) Keys() iter.Seq[any]      { return keysOf(m.Range) }
func (m *T4NilIgnored) Values() iter.Seq[any]    { return valuesOf(m.Range) }

func (m *R2LogsRemovals) All() iter.Seq2[any, any] { return m.Range }
func (m *R2LogsRemovals) Keys() iter.Seq[any]      { return keysOf(m.Range) }
func (m *R2LogsRemovals) Values() iter.Seq[any]    { return valuesOf(m.Range) }

func (m *R2KeepsLog) All() iter.Seq2[any, any] { return m.Range }
func (m *R2KeepsLog) Keys() iter.Seq[any]      { return keysOf(m.Range) }
func (m *R2KeepsLog) Values() iter.Seq[any]    { return valuesOf(m.Range) }
