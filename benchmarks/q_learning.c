/* The loop of cliprl_lite/qlearning.py in C, for what a C compiler makes of it.
 *
 * The same steps in the same order, so that with the same random numbers it ends in the same
 * table, bit for bit. It keeps no diary of episodes. benchmarks/qlearning.py builds and runs it.
 */
#include <stdint.h>

enum { ACTIONS = 4 };

/* A double in [0, 1) by xorshift128+ (Vigna 2017), from a state of two words. */
static inline double draw(uint64_t *rng)
{
    uint64_t a = rng[0], b = rng[1];
    rng[0] = b;
    a ^= a << 23;
    rng[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
    return ((rng[1] + b) >> 11) * 0x1p-53;
}

/* ε-greedy, ties broken at random. */
static inline int64_t choose(const double *values, double epsilon, uint64_t *rng)
{
    if (draw(rng) < epsilon)
        return (int64_t)(draw(rng) * ACTIONS);
    double best = values[0];
    int64_t action = 0, ties = 1;
    for (int64_t other = 1; other < ACTIONS; other++) {
        if (values[other] > best) {
            action = other, best = values[other], ties = 1;
        } else if (values[other] == best) {
            ties++;
        }
    }
    if (ties > 1) {
        int64_t choice = (int64_t)(draw(rng) * ties);
        for (int64_t other = 0; other < ACTIONS; other++)
            if (values[other] == best && choice-- == 0)
                return other;
    }
    return action;
}

void q_learning(double *restrict q, const int64_t *restrict next_state, int64_t n_states,
                int64_t goal, double learning_rate, double epsilon, double discount,
                uint64_t *restrict rng, int64_t state, int64_t n_steps)
{
    for (int64_t step = 0; step < n_steps; step++) {
        double *values = q + ACTIONS * state;
        int64_t action = choose(values, epsilon, rng);
        int64_t successor = next_state[ACTIONS * state + action];
        const double *after = q + ACTIONS * successor;
        double value = after[0];
        for (int64_t other = 1; other < ACTIONS; other++)
            if (after[other] > value)
                value = after[other];
        double target = -1.0 + discount * value;
        values[action] = (1.0 - learning_rate) * values[action] + learning_rate * target;
        state = successor;
        if (state == goal) {
            state = (int64_t)(draw(rng) * (n_states - 1)); /* any state but the goal */
            if (state >= goal)
                state++;
        }
    }
}
