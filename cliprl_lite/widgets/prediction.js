export default widget("prediction", (model, root, signal) => {
  const group = `cl-${Math.random().toString(36).slice(2)}`;
  const answers = model.get("answers").map((answer, number) => {
    const button = element("input", {
      type: "radio", name: group, value: String(number),
      onchange: () => tell(model, { choice: number, status: "Noted. Now go on, and see." }),
    });
    return element("label", { class: "cl-answer" }, button, answer);
  });
  root.append(element("fieldset", {},
    element("legend", {}, model.get("question")), ...answers));
  follow(model, ["choice"], () => answers.forEach((answer, number) => {
    answer.firstChild.checked = number === model.get("choice");
  }), signal);
});
