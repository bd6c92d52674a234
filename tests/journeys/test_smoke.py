from tests.journeys.visitor import Visitor

def test_y(alice, visitor: Visitor) -> None:
    page = visitor.sign_in()
    visitor.go_to("Personal info")
    page.get_by_role("link", name="Add Organization").click()
    page.get_by_label("Organization").fill("ACME")
    page.get_by_role("button", name="Save").click()
    page.wait_for_timeout(300)
    page.screenshot(path="/tmp/journeys/shots/edit.png")
    visitor.expect_message("Organization was updated.")
