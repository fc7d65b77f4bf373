export default widget("prediction", (model, root, signal) => {
  const group = `cl-${Math.random().toString(36).slice(2)}`;
  const answers = model.get("answers").map((answer, number) => {
    const button = element("input", {
      type: "radio", name: group, value: String(number),
      onchange: () => tell(model, { choice: number }),
    });
    return element("label", { class: "cl-answer" }, button, answer);
  });
  root.append(element("fieldset", {},
    element("legend", {}, model.get("question")), ...answers));
  follow(model, ["choice", "result"], () => {
    const choice = model.get("choice"), result = model.get("result");
    answers.forEach((answer, number) => { answer.firstChild.checked = number === choice; });
    const said = `You said: ${model.get("answers")[choice]}. What happened: ${result}.`;
    model.set("status", choice < 0 ? "" : result ? said : "Noted. Now go on, and see.");
  }, signal);
});
