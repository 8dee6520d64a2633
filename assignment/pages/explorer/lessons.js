// The tasks of the explorer. They say what there is to see; why it is so, students write themselves.
//
// `link` is the experiment, as in an address; its `views` come in the order in which it needs them.

export const TASKS = [
  {
    title: "Only the output layer is trained",
    question: "q2a, q2h",
    ask: "20 units, and training may change the output layer only. What will the elbows do?",
    answers: [
      "They travel to the kinks of the target.",
      "They stay where they are.",
      "They travel, but more slowly than with all layers.",
    ],
    right: 1,
    link: "layers=output&step_size=0.2&views=function plane slopes losses",
    watch: "Watch the triangles under the function, and the dots in the plane.",
    told: "In the plane, every dot went straight up or down, and the triangles stood still. The "
      + "function learned all the same: what was it that changed? Now train all layers, and "
      + "compare the ways of the dots.",
  },
  {
    title: "Three units",
    question: "q2b, q2c",
    ask: "The target has ten straight pieces. Of how many straight pieces, at most, can the "
      + "function of a network with three hidden units consist?",
    answers: ["Two", "Three", "Four", "As many as it needs"],
    right: 2,
    link: "width=3&views=function slopes",
    watch: "Watch the stairs of the slopes, and count them.",
    told: "A new stair begins where there is a triangle, and nowhere else. Which pieces of the "
      + "target does the network give up?",
  },
  {
    title: "Step size 1, output layer only",
    question: "q1b_iii, q2e",
    ask: "The homework trains the output layer with step size 0.2. What will happen with 1?",
    answers: ["It learns five times as fast.", "Nothing much changes.", "It diverges."],
    right: 2,
    link: "layers=output&step_size=1&steps=20000&views=along losses function",
    slow: true,
    watch: "Watch the first ten steps: on which side of the dotted line is the curve at your step "
      + "size?",
    told: "For five steps it goes well: the training loss falls from 0.37 to 0.34. Then it grows, "
      + "and at step 752 it is no finite number. Go to steps 0, 5 and 10, and look at the loss "
      + "along the gradient. Then try 0.5: after 20,000 steps the training loss is 0.030, with "
      + "0.2 it is 0.074. How far can you go?",
  },
  {
    title: "Step size 0.5, all layers",
    question: "q1b_iii, q2d",
    ask: "Now all layers are trained, with step size 0.5 in place of 0.02. What will happen?",
    answers: [
      "It diverges.",
      "It learns faster.",
      "The loss stays finite, but units fall silent at all training points for good.",
    ],
    right: 2,
    link: "step_size=0.5&steps=20000&views=plane function votes losses",
    watch: "Watch the dots in the plane: a unit that passes on nothing is an open circle.",
    told: "13 of the 20 units end as open circles: at every training point their relu passes on 0. "
      + "The training loss stays near 0.30. Choose such a unit and look at the votes: what does "
      + "each data point say to it? With step size 0.1 only 2 units are silent.",
  },
  {
    title: "Where do the units go?",
    question: "q2g, q2h",
    ask: "20 units, all layers. The crosses in the plane are the kinks of the target. What will "
      + "the units have done at the end?",
    answers: [
      "Spread evenly over 0 to 1.",
      "Gathered at crosses, several at one place, so that some crosses go without.",
      "Each found a cross of its own.",
    ],
    right: 1,
    link: "views=plane function",
    watch: "Watch the plane. Units at one place add up: an open diamond shows the sum of their jumps.",
    told: "13 of the 20 elbows stand close to a kink, most of them in company. Find a cross with no "
      + "dot above, below or on it. What does the learned function do at this place?",
  },
  {
    title: "Ten that may move, or forty that may not",
    question: "q2e, q2h",
    ask: "Left, 10 units with all layers trained; right, 40 units with the output layer trained "
      + "only; 150,000 steps for both. Which has the smaller test loss at the end?",
    answers: ["The ten that may move", "The forty that may not", "They are equal."],
    right: 0,
    link: "width=10&two=true&other_width=40&views=function losses plane slopes",
    watch: "Watch both functions. The dotted green line is the best that the forty could do.",
    told: "Test loss 0.009 on the left, 0.015 on the right. Which is it then, that holds the forty "
      + "back, their elbows or their training?",
  },
  {
    title: "One bad point",
    question: "q1a_iv, q1b_iv",
    ask: "Somebody has mistyped a number: there is a training point far above all others, at "
      + "x = 0.85 (the black one). On whose parameters does it have a vote?",
    answers: [
      "On those of every unit.",
      "On those of the units that are on at x = 0.85.",
      "On those of the unit with the nearest elbow.",
    ],
    right: 1,
    link: "added=0.85,2.5&unit=5&views=function votes contributions&steps=20000",
    watch: "Choose one unit after the other, and look for the long bar at x = 0.85.",
    told: "The bar is there exactly if the contribution of the unit is not zero at this place. How "
      + "long is it beside the others? Take the point out (tick \"Change the data\"), and see how "
      + "much of the function was its doing.",
  },
  {
    title: "One point at a time, or two hundred",
    question: "q1a_iv, q1b_iv",
    ask: "Left, minibatches of a single point; right, minibatches of 200. Step size and number of "
      + "steps are the same. After 20,000 steps, what of the training loss?",
    answers: ["Equal", "Lower on the left", "Lower on the right, and a smoother curve"],
    right: 2,
    link: "batch_size=1&steps=20000&two=true&other_layers=all&other_step_size=0.02"
      + "&other_batch_size=200&other_steps=20000&views=losses function plane",
    watch: "Watch the two curves of the loss.",
    told: "0.12 on the left, 0.042 on the right, and the left curve jumps from step to step. But "
      + "the right one has looked at two hundred times as many points. Which of them has learned "
      + "more from each point?",
  },
  {
    title: "Was that luck?",
    question: "q2h",
    ask: "One run is an anecdote. Of eight runs that differ in their random numbers only, how many "
      + "will end with about the same training loss?",
    answers: ["All", "Most; one or two get stuck", "They are all different."],
    right: 1,
    link: "views=",
    seeds: true,
    watch: "Watch the eight runs below, one after the other.",
    told: "Six of the eight end between 0.012 and 0.019, two at 0.056. Show one of those above: "
      + "which kinks have no unit near them?",
  },
];
