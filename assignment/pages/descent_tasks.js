// The tasks of the page of part 1: a prediction, an experiment, what there was to see. They say
// what can be seen; why it is so, students find themselves.

export const DESCENT_TASKS = [
  {
    title: "Which way?",
    question: "q1a_i, q1b_i",
    ask: "θ = 3 in the linear model, and the curve rises to the right there. Which way will a "
      + "step of gradient descent go?",
    answers: [
      "To a larger θ.",
      "To a smaller θ.",
      "That depends on the step size.",
    ],
    right: 1,
    link: "theta=3&step_size=0.05&steps=1",
    told: "From 3 down to 2.343: the slope there was 13.1, uphill is to the right, and the step "
      + "goes the other way. Put θ = 0 and look again: the slope has turned its sign, and the "
      + "step its direction. The step size says only how far.",
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
    told: "The first step leads to 3.377, on the other side, the second back to 0.09; after "
      + "eight θ is at 1.247. Now move the slider of the step size and watch the same eight "
      + "steps: 0.02 gets no further than 0.964, 0.11 is next to the bottom after one step. "
      + "Neither the smallest nor the largest step is the fastest.",
  },
  {
    title: "One step too far",
    question: "q1a_iii, q1b_iii",
    ask: "With step size 0.22, descent still settles in the linear model. What happens with 0.24?",
    answers: [
      "It settles as well, a little later.",
      "It jumps to and fro between two places for ever.",
      "Every jump is longer than the one before, without an end.",
    ],
    right: 2,
    link: "theta=-1&step_size=0.24&steps=200",
    told: "It diverges: at step 134, θ is beyond a million. Between 0.22 and 0.24 there is an "
      + "edge; find it to three digits. Then take the constant model: there, 0.24 is harmless. "
      + "Where is its edge, and does it move when you drag points? And in the linear model?",
  },
  {
    title: "One bad measurement",
    question: "q1a_ii",
    ask: "The constant model has come to rest at 1.425. Now one of the twelve points is 6 "
      + "newtons too low. How far will the lowest place of the curve move?",
    answers: ["Not at all.", "By half a newton.", "By 3 newtons.", "By 6 newtons."],
    right: 1,
    link: "model=constant&theta=1.425&step_size=0.1&steps=60&points=1.7,2.9;-0.3,-0.2;4,5.6;0.6,1.4;-2,-3.4;2.9,4.5;0.2,-0.3;-1.5,-1.7;3.4,-0.4;1,1.3;-0.8,-1.5;2.3,2.9",
    told: "θ came to rest at 0.925, half a newton lower. Drag the point farther down: the lowest "
      + "place follows, with no end to it, however absurd the measurement. Does it matter which "
      + "of the points you drag? Then ask the same of the linear model.",
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
    told: "Point 2 at x = 4 has the longest arrow; the arrows get shorter towards x = 0, and "
      + "left of it they point the other way. Now choose the constant model and press “Same "
      + "error everywhere”: all arrows are equal. Why do the two models differ? That is question "
      + "q1b_vote.",
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
    told: "Full descent stands at 1.425; SGD is still between −0.86 and 3.66 in its last hundred "
      + "steps: every point that is drawn pulls θ towards itself (dotted, the loss of this point "
      + "alone). Try a smaller step size, and other seeds. Then race by points looked at instead "
      + "of steps: who is near the bottom first?",
  },
  {
    title: "A point at x = 0",
    question: "q1b_iv",
    ask: "The twelve points get a thirteenth, far off: x = 0, y = 6. What does it do to the θ at "
      + "which the linear model comes to rest?",
    answers: ["It pulls θ up.", "It pulls θ down.", "Nothing."],
    right: 2,
    link: "theta=-1&step_size=0.05&steps=60&points=1.7,2.9;-0.3,-0.2;4,5.6;0.6,1.4;-2,-3.4;2.9,4.5;0.2,-0.3;-1.5,-1.7;3.4,5.6;1,1.3;-0.8,-1.5;2.3,2.9;0,6",
    told: "θ comes to rest at 1.5, as without the point: its error is the largest of all, and it "
      + "has no arrow. Only the loss has grown. Drag it up and down: nothing moves. Drag it a "
      + "little to the right: it begins to vote.",
  },
];
