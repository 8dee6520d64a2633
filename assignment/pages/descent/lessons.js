// The tasks of the page of part 1: a prediction, an experiment, what there was to see. They say
// what can be seen; why it is so, students find themselves.
//
// Beside what ../tasks.js asks for, a task has a `link`, the state at its end. It may have a
// `start`, another state to be shown while the prediction is asked for, a `point` that is ringed,
// and `changesData`, where it tells to press a button under "Change the data".

export const DESCENT_TASKS = [
  {
    title: "Which way?",
    question: "q1a_i, q1b_i",
    ask: "θ = 3 in the constant model, and the curve rises to the right there. Which way will a "
      + "step of gradient descent go?",
    answers: [
      "To a larger θ.",
      "To a smaller θ.",
      "That depends on the step size.",
    ],
    right: 1,
    link: "model=constant&theta=3&step_size=0.2&steps=1",
    watch: "Watch the square on the curve, and the line that touches the curve there.",
    told: "θ went from 3 to 2.37, where the slope is 1.89. Now put θ = 0 and look again: which "
      + "signs have turned? And what does the step size decide?",
  },
  {
    title: "Ten times the step size",
    question: "q1b_iii",
    ask: "From θ = −1, steps of size 0.02 creep towards the bottom of the linear model's curve. "
      + "What will eight steps of size 0.2 do?",
    answers: [
      "The same, ten times as fast.",
      "Jump across the bottom and back, nearer each time.",
      "Jump across the bottom and back, farther each time.",
    ],
    right: 1,
    link: "theta=-1&step_size=0.2&steps=8",
    watch: "Watch where on the curve each of the eight steps lands.",
    told: "The first step leads to 3.377, the second to 0.09; after eight, θ is at 1.247. Now move "
      + "the slider of the step size and watch the same eight steps: 0.02 gets no further than "
      + "0.964. Which step size is the fastest?",
  },
  {
    title: "One step too far",
    question: "q1a_iii, q1b_iii",
    ask: "With step size 0.9, descent still settles in the constant model. What happens with 1.05?",
    answers: [
      "It settles as well, a little later.",
      "It jumps to and fro between two places for ever.",
      "Every jump is longer than the one before, without an end.",
    ],
    right: 2,
    link: "model=constant&theta=-1&step_size=1.05&steps=200",
    watch: "Compare each jump with the one before it.",
    told: "At step 136, θ is beyond a million, and the page stops. Between 0.9 and 1.05 there is an "
      + "edge: find it. Does it move when you drag points? And in the linear model?",
  },
  {
    title: "One bad measurement",
    question: "q1a_ii",
    ask: "The constant model has come to rest at 1.425. Now the ringed point slips, 6 newtons "
      + "down. How far will the lowest place of the curve move?",
    answers: ["Not at all.", "By half a newton.", "By 3 newtons.", "By 6 newtons."],
    right: 1,
    start: "model=constant&theta=1.425&step_size=0.1",
    link: "model=constant&theta=1.425&step_size=0.1&steps=60&points=1.7,2.9;-0.3,-0.2;4,5.6;0.6,1.4;-2,-3.4;2.9,4.5;0.2,-0.3;-1.5,-1.7;3.4,-0.4;1,1.3;-0.8,-1.5;2.3,2.9",
    point: 8,
    watch: "Watch θ roll to its new place, and compare the curve with what you saw before.",
    told: "θ came to rest at 0.925. Drag the ringed point farther down: is there an end to it? Does "
      + "it matter which of the points you drag? Then ask the same of the linear model.",
  },
  {
    title: "Whose vote is the loudest?",
    question: "q1b_iv, q1b_vote",
    ask: "In the linear model, every point lies exactly 1 newton below the line. Who pushes θ "
      + "hardest?",
    answers: [
      "Nobody: equal errors, equal votes.",
      "The points next to x = 0.",
      "The point farthest from x = 0.",
    ],
    right: 2,
    link: "theta=1.5&step_size=0.05&steps=0&points=1.7,1.55;-0.3,-1.45;4,5;0.6,-0.1;-2,-4;2.9,3.35;0.2,-0.7;-1.5,-3.25;3.4,4.1;1,0.5;-0.8,-2.2;2.3,2.45",
    point: 2,
    changesData: true,
    watch: "Compare the arrows beside the points, from the left to the right.",
    told: "Point 2, at x = 4, has the longest arrow; left of x = 0 the arrows point the other way. "
      + "Now choose the constant model, press “Same error everywhere”, and compare again. Why do "
      + "the two models differ? That is question q1b_vote.",
  },
  {
    title: "One point a step",
    question: "q1a_iv, q1b_iv",
    ask: "A race in the constant model, 200 steps of size 0.1: full gradient descent looks at "
      + "all points in each step, SGD at one that is drawn. Where will they be at the end?",
    answers: [
      "Both at rest in the same place.",
      "Full descent at rest, SGD still wandering about it.",
      "Both still wandering.",
    ],
    right: 1,
    link: "model=constant&theta=-1&step_size=0.1&descent=race&steps=200",
    watch: "Watch the two paths in “Step by step”, above all their second half.",
    told: "Full descent is at 1.425; SGD was between −0.86 and 3.66 in its last hundred steps, each "
      + "of them towards the drawn point (dotted, its loss alone). Try a smaller step size, and "
      + "other seeds. Then race by points looked at: who is near the bottom first?",
  },
  {
    title: "A point at x = 0",
    question: "q1b_iv",
    ask: "The twelve points have got a thirteenth, far off: the ringed one, at x = 0, y = 6. What "
      + "does it do to the θ at which the linear model comes to rest?",
    answers: ["It pulls θ up.", "It pulls θ down.", "Nothing."],
    right: 2,
    link: "theta=-1&step_size=0.05&steps=60&points=1.7,2.9;-0.3,-0.2;4,5.6;0.6,1.4;-2,-3.4;2.9,4.5;0.2,-0.3;-1.5,-1.7;3.4,5.6;1,1.3;-0.8,-1.5;2.3,2.9;0,6",
    point: 12,
    watch: "Watch the ringed point, and where θ comes to rest.",
    told: "θ comes to rest at 1.5, as without the point, whose error is the largest of all. Drag it "
      + "up and down, then a little to the right. When does it begin to vote?",
  },
];
