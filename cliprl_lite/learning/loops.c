/* The loops of learning for a browser tab, where there is no numba: one C function for each Python
   function of the same name, which says what it does. They take the same steps in the same order,
   with the same random numbers, and so give the same bits; tests/live holds them to it.

   loops.wasm is made of this file by `python docs/live/compile_loops.py`. It is a shared library,
   which Python opens with ctypes (cliprl_lite/_webassembly.py). Tables lie in rows: q[S][A],
   next_state[S][A]. */
#include <stdint.h>

#define SHARED __attribute__((visibility("default")))
#define STEP_REWARD (-1.0)

/* What a state means for an episode, as in `Episodes.ends` (worlds/finite_world.py). */
enum { GOES_ON, GOAL, LOST };

/* What numpy's generators offer to C: a number in [0, 1), and where the generator's state lies. */
typedef double (*NextDouble)(void *state);

typedef struct {
    int64_t state, start, length, episode;
} Place;

static inline double highest(const double *values, int64_t n) {
    double best = values[0];
    for (int64_t k = 1; k < n; k++)
        if (values[k] > best) best = values[k];
    return best;
}

/* learning/qlearning.py. */
SHARED int64_t q_learning_steps(
    double *q, const int64_t *next_state, int64_t n_states, int64_t n_actions, const int64_t *ends,
    const int64_t *starts_from, int64_t n_starts, double learning_rate, double epsilon,
    double discount, NextDouble next_double, void *random, Place *place, int64_t n_steps,
    int64_t last_episode, int64_t *starts, int64_t *lengths, int64_t n_recorded) {
    Place at = *place;
    int64_t step = 0;
    while (step < n_steps) {
        double *values = q + n_actions * at.state;
        int64_t action = 0;
        if (next_double(random) < epsilon) {
            action = (int64_t)(next_double(random) * (double)n_actions);
        } else {
            double best = values[0];
            int64_t ties = 1;
            for (int64_t other = 1; other < n_actions; other++) {
                if (values[other] > best) {
                    action = other, best = values[other], ties = 1;
                } else if (values[other] == best) {
                    ties++;
                }
            }
            if (ties > 1) {
                int64_t choice = (int64_t)(next_double(random) * (double)ties);
                for (action = 0; values[action] != best || choice-- != 0; action++) {}
            }
        }

        int64_t successor = next_state[n_actions * at.state + action];
        double target = STEP_REWARD + discount * highest(q + n_actions * successor, n_actions);
        values[action] = (1.0 - learning_rate) * values[action] + learning_rate * target;

        at.state = successor;
        at.length++;
        step++;
        if (ends[successor] == GOAL || (ends[successor] == LOST && at.length % n_states == 0)) {
            if (at.episode < n_recorded) {
                starts[at.episode] = at.start;
                lengths[at.episode] = at.length;
            }
            at.episode++;
            at.length = 0;
            at.start = at.state = starts_from[(int64_t)(next_double(random) * (double)n_starts)];
            if (at.episode == last_episode) break;
        }
    }
    *place = at;
    return step;
}

/* worlds/greedy.py. What the Python function makes for itself, the caller brings along: total,
   ties, open_ties and queue, each of them [S], and greedy [S][A]. */
SHARED double greedy_walk(
    const double *q, const int64_t *next_state, int64_t n_states, int64_t n_actions,
    const int64_t *distances, const uint8_t *counted, const int64_t *first, const int64_t *before,
    const int64_t *by, double *lengths, double *total, int64_t *ties, int64_t *open_ties,
    int64_t *queue, uint8_t *greedy, int64_t *settled_wrong) {
    int64_t head = 0, tail = 0, n_settled = 0, n_wrong = 0;
    for (int64_t state = 0; state < n_states; state++) {
        const double *values = q + n_actions * state;
        double best = highest(values, n_actions);
        int wrong = 0;
        ties[state] = 0;
        for (int64_t action = 0; action < n_actions; action++) {
            int is_greedy = values[action] == best;
            greedy[n_actions * state + action] = (uint8_t)is_greedy;
            ties[state] += is_greedy;
            int64_t successor = next_state[n_actions * state + action];
            wrong |= is_greedy && distances[successor] != distances[state] - 1;
        }
        n_wrong += wrong && counted[state];
        lengths[state] = -1.0;
        total[state] = 0.0;
        open_ties[state] = ties[state];
        if (distances[state] == 0) {
            lengths[state] = 0.0;
            queue[tail++] = state;
        }
    }

    while (head < tail) {
        int64_t state = queue[head++];
        for (int64_t place = first[state]; place < first[state + 1]; place++) {
            int64_t other = before[place];
            if (distances[other] == 0 || !greedy[n_actions * other + by[place]]) continue;
            total[other] += lengths[state];
            if (--open_ties[other] == 0) {
                lengths[other] = 1.0 + total[other] / (double)ties[other];
                queue[tail++] = other;
            }
        }
    }

    double walked = 0.0;
    for (int64_t state = 0; state < n_states; state++) {
        if (!counted[state]) continue;
        int arrives = lengths[state] >= 0.0;
        walked += arrives ? lengths[state] : (double)n_states;
        n_settled += arrives;
    }
    settled_wrong[0] = n_settled;
    settled_wrong[1] = n_wrong;
    return walked;
}

/* worlds/greedy.py. The caller brings left and before along, each of them [S]; the answer is in
   left. */
SHARED void capped_walks(
    const double *share, const int64_t *next_state, int64_t n_states, int64_t n_actions,
    const int64_t *distances, double *left, double *before) {
    for (int64_t state = 0; state < n_states; state++) left[state] = 0.0;
    for (int64_t walked = 0; walked < n_states; walked++) {
        for (int64_t state = 0; state < n_states; state++) before[state] = left[state];
        for (int64_t state = 0; state < n_states; state++) {
            if (distances[state] == 0) continue;
            double mean = 0.0;
            for (int64_t action = 0; action < n_actions; action++) {
                int64_t way = n_actions * state + action;
                mean += share[way] * before[next_state[way]];
            }
            left[state] = 1.0 + mean;
        }
    }
}
