/* The compiled twin of provisioned_replay.py and on_demand_replay.py: the same operations on doubles in the same order
 * give bit-identical results. Built with -ffp-contract=off: a fused multiply-add would round once instead of twice.
 *
 * Change both together; tests/simulator/test_compiled.py compares them. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 1440, BLOCK = 15 };
#define SURE (1 - 1e-9) /* a minute that is this close to a bound is not skipped: rounding could change the result */

typedef struct {
    long burst_seconds, decrease_interval, decreases_a_day, decreases_at_once, scale_in_minutes, scale_out_minutes;
    double scale_in_below; /* a share */
} Limits;

typedef struct {
    long reaction_minutes, growth_minutes;
    double peak_second, hottest_share, returning, partition;
} Unknown;

typedef struct {
    int provisioned;
    double units, minimum, maximum, target, ceiling;
} Supply;

typedef struct {
    long minute, above, due, quiet, decreases, since, oldest;
    double units, bucket, busiest, quiet_peak, ceiling, returned;
    double *recent; /* growth_minutes values in on-demand mode */
} State;

typedef struct {
    double throttled, hottest, limits;
    Py_ssize_t minutes, worst;
    double most;
} Totals;

typedef struct {
    const double *demand;
    Py_ssize_t length;
    double *load, *served, *throttled, *limit; /* load, throttled and limit may be NULL */
} Trace;

static double above_limit(double rate, double peak_second, double limit)
{
    double high = peak_second * rate, low = (2 - peak_second) * rate;
    if (high <= limit)
        return 0.0;
    if (low >= limit)
        return 60 * (rate - limit);
    double over = high - limit;
    return 60 * over * over / (2 * (high - low));
}

static inline void pass_time(State *now, long minutes)
{
    now->minute += minutes;
    now->since += minutes;
    if (now->minute > DAY) {
        now->minute = (now->minute - 1) % DAY + 1;
        now->decreases = 0;
    }
}

static double calm_load(const Unknown *u, double limit)
{
    double calm = limit / u->peak_second;
    if (u->hottest_share != 0) {
        double key = u->partition / u->peak_second / u->hottest_share;
        if (key < calm)
            calm = key;
    }
    return 60 * calm * SURE;
}

static void note(const Trace *t, Totals *sum, Py_ssize_t at, double load, double served, double throttled)
{
    if (t->load)
        t->load[at] = load;
    if (t->served)
        t->served[at] = served;
    if (t->throttled)
        t->throttled[at] = throttled;
    if (throttled != 0) {
        sum->throttled += throttled;
        sum->minutes++;
        if (throttled > sum->most) {
            sum->most = throttled;
            sum->worst = at;
        }
    }
}

static void hold(const Trace *t, Totals *sum, Py_ssize_t from, Py_ssize_t to, double limit)
{
    sum->limits += limit * (double)(to - from);
    if (t->limit)
        for (Py_ssize_t at = from; at < to; at++)
            t->limit[at] = limit;
}

typedef struct {
    double full, calm, high, still, raise_above, quiet_below, lowers;
} Bounds;

/* The bounds of a number of provisioned units per second; `_bounds` in provisioned_replay.py documents each. */
static Bounds bounds_of(const Supply *s, const Unknown *u, const Limits *l, double units)
{
    Bounds b = {(double)l->burst_seconds * units, calm_load(u, units), 0, -INFINITY, INFINITY, -INFINITY,
                (units - 1) * s->target * SURE};
    b.high = b.calm;
    if (s->minimum == s->maximum)
        return b;
    if (units < s->maximum) {
        b.raise_above = units * s->target;
        if (60 * b.raise_above * SURE < b.high)
            b.high = 60 * b.raise_above * SURE;
    }
    if (units > s->minimum) {
        b.quiet_below = units * (s->target - l->scale_in_below);
        b.still = 60 * b.quiet_below / SURE;
    }
    return b;
}

static Py_ssize_t decrease_allowed(const Limits *l, long decreases, Py_ssize_t lowered, Py_ssize_t midnight)
{
    if (decreases < l->decreases_at_once)
        return PY_SSIZE_T_MIN;
    Py_ssize_t later = lowered + (l->decrease_interval + 59) / 60;
    return decreases >= l->decreases_a_day || later > midnight ? midnight : later;
}

static void run_provisioned(const Supply *s, const Trace *t, const Unknown *u, const Limits *l, State *now, Totals *sum)
{
    const int scaled = s->minimum != s->maximum;
    double units = now->units, bucket = now->bucket, returned = now->returned;
    double busiest = now->busiest, quiet_peak = now->quiet_peak;
    long above = now->above, due = now->due, quiet = now->quiet, decreases = now->decreases;
    Py_ssize_t midnight = DAY - now->minute, lowered = -1 - now->since, following = 0, held = 0;
    Py_ssize_t allowed = decrease_allowed(l, decreases, lowered, midnight);
    Bounds b = bounds_of(s, u, l, units);
    /* Infinite while every minute changes the state. */
    double low = due || returned != 0 || bucket != b.full ? INFINITY : b.still;
    for (Py_ssize_t at = 0; at < t->length; at++) {
        const double recorded = t->demand[at];
        if (recorded <= b.high && recorded >= low)
            continue;
        if (at != following) {
            above = quiet = 0;
            busiest = quiet_peak = 0;
        }
        following = at + 1;
        if (due && !--due) {
            double raised = ceil(busiest / s->target);
            if (raised > units) {
                hold(t, sum, held, at, units);
                held = at;
                units = raised < s->maximum ? raised : s->maximum;
                b = bounds_of(s, u, l, units);
            }
            above = quiet = 0;
            busiest = quiet_peak = 0;
        }
        double served = recorded;
        if (bucket != b.full || returned != 0 || !(recorded <= b.calm)) {
            if (bucket > b.full)
                bucket = b.full;
            double asked = recorded + returned, throttled = 0, hot = 0, rest = asked;
            returned = 0;
            if (asked != asked) {
                note(t, sum, at, asked, 0.0, 0.0);
                low = due || bucket != b.full ? INFINITY : b.still;
                continue;
            }
            if (u->hottest_share != 0) {
                hot = above_limit(u->hottest_share * asked / 60, u->peak_second, u->partition);
                sum->hottest += hot;
                rest = asked - hot;
            }
            double over = above_limit(rest / 60, u->peak_second, units);
            double saved = bucket + (over + 60 * units - rest);
            bucket = saved < b.full ? saved : b.full;
            if (over != 0 || hot != 0) {
                double drawn = over < bucket ? over : bucket;
                bucket -= drawn;
                throttled = hot + (over - drawn);
            }
            served = throttled != 0 ? asked - throttled : asked;
            returned = u->returning * throttled;
            note(t, sum, at, asked, served, throttled);
        }
        if (scaled) {
            const double rate = served / 60;
            if (rate > b.raise_above) {
                above++;
                if (above == l->scale_out_minutes && !due) {
                    due = 1 + u->reaction_minutes - l->scale_out_minutes;
                    due = due > 1 ? due : 1;
                }
                if (rate > busiest)
                    busiest = rate;
            } else if (due) {
                if (above && rate > busiest)
                    busiest = rate;
            } else {
                above = 0;
                busiest = 0;
            }
            if (rate >= b.quiet_below) {
                quiet = 0;
                quiet_peak = 0;
            } else {
                quiet++;
                if (rate > quiet_peak)
                    quiet_peak = rate;
                /* A decrease that is not allowed yet is made later. */
                if (quiet >= l->scale_in_minutes && (at >= allowed || quiet_peak > b.lowers)) {
                    double lower = ceil(quiet_peak / s->target);
                    if (lower < s->minimum)
                        lower = s->minimum;
                    if (lower >= units) {
                        quiet = 0;
                        quiet_peak = 0;
                    } else if (at >= allowed) {
                        if (at >= midnight) {
                            decreases = 0;
                            midnight += ((at - midnight) / DAY + 1) * DAY;
                        }
                        hold(t, sum, held, at + 1, units);
                        held = at + 1;
                        units = lower;
                        decreases++;
                        lowered = at;
                        allowed = decrease_allowed(l, decreases, lowered, midnight);
                        b = bounds_of(s, u, l, units);
                        quiet = 0;
                        quiet_peak = 0;
                    }
                }
            }
        }
        low = due || returned != 0 || bucket != b.full ? INFINITY : b.still;
    }
    if (t->length) {
        hold(t, sum, held, t->length, units);
        if (following != t->length) {
            above = quiet = 0;
            busiest = quiet_peak = 0;
        }
        now->units = units;
        now->bucket = bucket;
        now->returned = returned;
        now->above = above;
        now->busiest = busiest;
        now->due = due;
        now->quiet = quiet;
        now->quiet_peak = quiet_peak;
        now->decreases = t->length <= midnight ? decreases : 0;
        now->since = (long)(t->length - 1 - lowered);
        now->minute = (now->minute + (long)t->length - 1) % DAY + 1;
    }
}

static void run_on_demand(const Supply *s, const Trace *t, const Unknown *u, double *highest, Py_ssize_t blocks,
                          State *now, Totals *sum)
{
    const long growth = u->growth_minutes;
    Py_ssize_t at = 0;
    while (at < t->length) {
        double limit = now->ceiling < s->maximum ? now->ceiling : s->maximum;
        if (at % BLOCK == 0 && at >= growth && now->returned == 0) {
            double calm = calm_load(u, limit), known = 30 * now->ceiling * SURE;
            Py_ssize_t first = at / BLOCK, block = first, back = (growth + BLOCK - 1) / BLOCK;
            while (block < blocks && highest[block] <= calm && highest[block - back] <= known &&
                   highest[block - back + 1 > 0 ? block - back + 1 : 0] <= known)
                block++;
            if (block > first) {
                Py_ssize_t end = block * BLOCK < t->length ? block * BLOCK : t->length;
                hold(t, sum, at, end, limit);
                pass_time(now, (long)(end - at));
                at = end;
                continue;
            }
        }
        Py_ssize_t begin = at, end = (at / BLOCK + 1) * BLOCK;
        if (end > t->length)
            end = t->length;
        for (; at < end; at++) {
            double previous = at < growth ? now->recent[(now->oldest + at) % growth] : t->served[at - growth] / 60;
            if (2 * previous > now->ceiling)
                now->ceiling = 2 * previous;
            limit = now->ceiling < s->maximum ? now->ceiling : s->maximum;
            hold(t, sum, at, at + 1, limit);
            double asked = t->demand[at] + now->returned;
            now->returned = 0;
            if (asked != asked) {
                note(t, sum, at, asked, 0.0, 0.0);
                continue;
            }
            double hot = above_limit(u->hottest_share * asked / 60, u->peak_second, u->partition);
            sum->hottest += hot;
            double throttled = hot + above_limit((asked - hot) / 60, u->peak_second, limit);
            note(t, sum, at, asked, asked - throttled, throttled);
            now->returned = u->returning * throttled;
        }
        pass_time(now, (long)(end - begin));
        /* Retries: a block may serve more units than its recorded demand. */
        for (Py_ssize_t i = begin; i < end; i++)
            if (t->served[i] > highest[begin / BLOCK])
                highest[begin / BLOCK] = t->served[i];
    }
    for (Py_ssize_t i = t->length > growth ? t->length - growth : 0; i < t->length; i++)
        now->recent[(now->oldest + i) % growth] = t->served[i] / 60;
    now->oldest = (long)((now->oldest + t->length) % growth);
}

/* The highest minute of each block; infinite where the block has a gap, so that it is not skipped. */
static void blocks_of(const double *demand, Py_ssize_t length, double *highest)
{
    for (Py_ssize_t first = 0, block = 0; first < length; first += BLOCK, block++) {
        Py_ssize_t end = first + BLOCK < length ? first + BLOCK : length;
        double high = demand[first], gap = demand[first];
        for (Py_ssize_t at = first + 1; at < end; at++) {
            high = demand[at] > high ? demand[at] : high;
            gap += demand[at];
        }
        highest[block] = gap != gap ? INFINITY : high;
    }
}

enum { MINUTE, UNITS, BUCKET, ABOVE, BUSIEST, DUE, QUIET, QUIET_PEAK, DECREASES, SINCE, CEILING, OLDEST, RETURNED, STATE };

static PyObject *simulate(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer demand, load, served, throttled, limit, state, recent;
    Supply s;
    Unknown u;
    Limits l;
    int outputs;
    if (!PyArg_ParseTuple(args, "pp(ddddd)(ldddld)(lllllld)y*w*w*w*w*w*w*", &outputs, &s.provisioned, &s.units, &s.minimum,
                          &s.maximum, &s.target, &s.ceiling, &u.reaction_minutes, &u.peak_second, &u.hottest_share,
                          &u.returning, &u.growth_minutes, &u.partition, &l.burst_seconds, &l.decrease_interval,
                          &l.decreases_a_day, &l.decreases_at_once, &l.scale_in_minutes, &l.scale_out_minutes,
                          &l.scale_in_below, &demand, &load, &served, &throttled, &limit, &state, &recent))
        return NULL;
    PyObject *result = NULL;
    double *room = NULL;
    const Py_ssize_t length = demand.len / (Py_ssize_t)sizeof(double);
    const Py_ssize_t blocks = s.provisioned ? 0 : (length + BLOCK - 1) / BLOCK;
    const Py_ssize_t wanted = outputs ? demand.len : 0, kept = s.provisioned ? 0 : u.growth_minutes;
    if (load.len < wanted || served.len < wanted || throttled.len < wanted || limit.len < wanted ||
        state.len != STATE * (Py_ssize_t)sizeof(double) || recent.len != kept * (Py_ssize_t)sizeof(double)) {
        PyErr_SetString(PyExc_ValueError, "the state is not one of this supply and these parameters");
        goto done;
    }
    room = malloc(sizeof(double) * (size_t)(blocks + (outputs || s.provisioned ? 0 : length) + 1));
    if (!room) {
        PyErr_NoMemory();
        goto done;
    }
    double *is = state.buf;
    State now = {.minute = (long)is[MINUTE], .above = (long)is[ABOVE], .due = (long)is[DUE], .quiet = (long)is[QUIET],
                 .decreases = (long)is[DECREASES], .since = (long)is[SINCE], .oldest = (long)is[OLDEST],
                 .units = is[UNITS], .bucket = is[BUCKET], .busiest = is[BUSIEST], .quiet_peak = is[QUIET_PEAK],
                 .ceiling = is[CEILING], .returned = is[RETURNED], .recent = recent.buf};
    Totals sum = {0, 0, 0, 0, -1, 0};
    Trace t = {demand.buf, length, NULL, NULL, NULL, NULL};
    if (outputs) {
        t.load = load.buf;
        t.served = served.buf;
        t.throttled = throttled.buf;
        t.limit = limit.buf;
    } else if (!s.provisioned) {
        t.served = room + blocks;
    }
    Py_BEGIN_ALLOW_THREADS
    /* The caller passes load and served as copies of the demand. */
    if (t.served && !outputs)
        memcpy(t.served, demand.buf, (size_t)demand.len);
    if (t.throttled)
        memset(t.throttled, 0, (size_t)demand.len);
    if (s.provisioned) {
        run_provisioned(&s, &t, &u, &l, &now, &sum);
    } else {
        blocks_of(t.demand, length, room);
        run_on_demand(&s, &t, &u, room, blocks, &now, &sum);
    }
    Py_END_ALLOW_THREADS
    const double left[STATE] = {(double)now.minute, now.units, now.bucket, (double)now.above, now.busiest, (double)now.due,
                                (double)now.quiet, now.quiet_peak, (double)now.decreases, (double)now.since, now.ceiling,
                                (double)now.oldest, now.returned};
    memcpy(is, left, sizeof left);
    result = Py_BuildValue("dnndd", sum.throttled, sum.minutes, sum.worst, sum.limits, sum.hottest);
done:
    free(room);
    Py_buffer *given[] = {&demand, &load, &served, &throttled, &limit, &state, &recent};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        PyBuffer_Release(given[i]);
    return result;
}

static PyMethodDef methods[] = {{"simulate", simulate, METH_VARARGS, "One dimension; see __init__.py."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_compiled", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__compiled(void) { return PyModule_Create(&module); }
